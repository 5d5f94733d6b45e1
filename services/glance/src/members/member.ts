export const memberStatuses = ['pending', 'accepted', 'rejected'] as const

export type MemberStatus = (typeof memberStatuses)[number]

/** A project that an image is shared with. */
export interface Member {
  imageId: string
  /** Id of the project. */
  memberId: string
  /** What the project makes of the offer: an accepted image is in its lists. */
  status: MemberStatus
  /** ISO 8601 with milliseconds, UTC. */
  createdAt: string
  updatedAt: string
}
