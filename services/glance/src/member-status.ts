/** What a project makes of an image that is shared with it: an accepted one is in its lists. */
export const memberStatuses = ['pending', 'accepted', 'rejected'] as const

export type MemberStatus = (typeof memberStatuses)[number]
