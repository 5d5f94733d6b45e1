/** From the strongest to the weakest: one attachment of that status decides. */
const statuses = [
  { attach_status: 'attached', status: 'in-use' },
  { attach_status: 'attaching', status: 'attaching' },
  { attach_status: 'detaching', status: 'detaching' },
  { attach_status: 'reserved', status: 'reserved' },
] as const

/** What a volume is because of its attachments. @see openstack/cinder cinder/db/sqlalchemy/api.py, volume_detached */
export function statusesOf(attachments: readonly { attach_status: string }[]): {
  status: string
  attach_status: string
} {
  const found = statuses.find((one) =>
    attachments.some((attachment) => attachment.attach_status === one.attach_status),
  )
  return found ?? { status: 'available', attach_status: 'detached' }
}
