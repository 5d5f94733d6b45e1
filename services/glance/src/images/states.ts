/**
 * The life of an image. Each arrow is a transition of the table below; `ImageStore.transition` takes it in one SQL
 * statement that names the status it expects, so that of two callers at the same time one loses.
 *
 *              startUpload            finishUpload           deactivate
 *   queued ------------------> saving ------------> active <------------> deactivated
 *     ^                          |                           reactivate
 *     +----- abandonUpload ------+
 *
 *   queued, saving, active, deactivated --- delete ---> deleted (for good)
 */
export const imageStatuses = ['queued', 'saving', 'active', 'deactivated', 'deleted'] as const

export type ImageStatus = (typeof imageStatuses)[number]

interface Transition {
  from: readonly ImageStatus[]
  to: ImageStatus
}

/**
 * What may follow what. `deactivate` and `reactivate` may be repeated, as in Glance.
 *
 * @see https://docs.openstack.org/glance/latest/user/statuses.html
 */
export const transitions = {
  startUpload: { from: ['queued'], to: 'saving' },
  finishUpload: { from: ['saving'], to: 'active' },
  abandonUpload: { from: ['saving'], to: 'queued' },
  deactivate: { from: ['active', 'deactivated'], to: 'deactivated' },
  reactivate: { from: ['active', 'deactivated'], to: 'active' },
  delete: { from: ['queued', 'saving', 'active', 'deactivated'], to: 'deleted' },
} as const satisfies Record<string, Transition>

export type TransitionName = keyof typeof transitions
