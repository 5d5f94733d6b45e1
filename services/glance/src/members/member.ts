import type { MemberStatus } from '../member-status.ts'

/** A project that an image is shared with. */
export interface Member {
  imageId: string
  /** Id of the project. */
  memberId: string
  status: MemberStatus
  /** ISO 8601 with milliseconds, UTC. */
  createdAt: string
  updatedAt: string
}
