/**
 * The life of an image. Each arrow is a transition of the table below; it is taken in one SQL statement that names the
 * status it expects, and the upload that holds the image, so that of two callers at the same time one loses.
 *
 *              startUpload            finishUpload           deactivate
 *   queued ------------------> saving ------------> active <------------> deactivated
 *    ^ ^ \                       |                    ^      reactivate
 *    | |  \                      |                    |
 *    | +-- abandon --------------+              finishUpload
 *    |      \                                         |
 *    |       startStage --> uploading --startImport-> importing
 *    |                      (finishStage)             (takeOver)
 *    |                          |                        |
 *    +--------- abandon --------+------------------------+
 *
 *   every status but deleted --- delete ---> deleted (for good)
 */
export const imageStatuses = [
  'queued',
  'saving',
  'uploading',
  'importing',
  'active',
  'deactivated',
  'deleted',
] as const

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
  startStage: { from: ['queued'], to: 'uploading' },
  finishStage: { from: ['uploading'], to: 'uploading' },
  startImport: { from: ['uploading'], to: 'importing' },
  takeOver: { from: ['importing'], to: 'importing' },
  finishUpload: { from: ['saving', 'importing'], to: 'active' },
  abandon: { from: ['saving', 'uploading', 'importing'], to: 'queued' },
  deactivate: { from: ['active', 'deactivated'], to: 'deactivated' },
  reactivate: { from: ['active', 'deactivated'], to: 'active' },
  delete: {
    from: ['queued', 'saving', 'uploading', 'importing', 'active', 'deactivated'],
    to: 'deleted',
  },
} as const satisfies Record<string, Transition>

/** Statuses of images that have data. */
export const statusesWithData = ['active', 'deactivated'] as const satisfies readonly ImageStatus[]
