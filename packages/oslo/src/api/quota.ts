/** A limit that is none. */
export const unlimited = -1

/** How much of each resource. */
export type Amounts<Resource extends string> = Partial<Record<Resource, number>>

/** What a project may have of one resource, and has. */
export interface QuotaRoom {
  /** `unlimited`, or the most there may be. */
  limit: number
  used: number
}

/** The rooms of a project by resource. */
export type QuotaRooms<Resource extends string> = Readonly<Record<Resource, QuotaRoom>>

/**
 * What a service's quotas are to those that make resources.
 *
 * @example
 * await db.transaction().execute(async (trx) => {
 *   assertRoom(await quotas.hold(trx, projectId), { volumes: 1, gigabytes: size })
 *   await trx.insertInto('volumes').values(volume).execute()
 * })
 */
export interface Quotas<Resource extends string, Transaction> {
  /** Limits and use of a project, to be shown. */
  rooms(projectId: string): Promise<QuotaRooms<Resource>>
  /**
   * The same for the transaction that inserts: whoever else holds the project's quota waits until it ends, so that what was
   * counted stays true.
   */
  hold(trx: Transaction, projectId: string): Promise<QuotaRooms<Resource>>
}

/** More was asked for than is left. A service makes its own answer of it. */
export class OverQuota<Resource extends string = string> extends Error {
  override name = 'OverQuota'
  readonly code = 'quota_exceeded'
  /** Resources that do not suffice, in alphabetical order. */
  readonly overs: readonly Resource[]
  readonly rooms: Readonly<Partial<Record<Resource, QuotaRoom>>>
  readonly wanted: Readonly<Amounts<Resource>>

  constructor(
    overs: readonly Resource[],
    rooms: Readonly<Partial<Record<Resource, QuotaRoom>>>,
    wanted: Readonly<Amounts<Resource>>,
  ) {
    super(`Quota exceeded for resources: ${overs.join(', ')}`)
    this.overs = overs
    this.rooms = rooms
    this.wanted = wanted
  }
}

/** What is left of a resource; `Infinity` without a limit, negative if a limit was lowered below the use. */
export function leftOf({ limit, used }: QuotaRoom): number {
  return limit === unlimited ? Infinity : limit - used
}

/**
 * Compares what is wanted with what is left. Wanting nothing is always allowed, so that a lowered limit does not lock a
 * project out of what it has.
 *
 * @throws OverQuota
 */
export function assertRoom<Resource extends string>(
  rooms: Readonly<Partial<Record<Resource, QuotaRoom>>>,
  wanted: Readonly<Amounts<Resource>>,
): void {
  const asked = Object.entries(wanted) as [Resource, number][]
  const overs = asked.filter(([resource, amount]) => {
    const room = rooms[resource]
    return room !== undefined && amount > 0 && amount > leftOf(room)
  })
  if (overs.length === 0) return
  throw new OverQuota(overs.map(([resource]) => resource).toSorted(), rooms, wanted)
}
