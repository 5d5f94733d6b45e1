import type { Adapter } from '@longhaul/keystoneauth'
import type { NovaEvent } from './event.ts'
import type { Delivery } from './notifier.ts'

/** Answers that say that these events are not wanted, now or ever. */
const final = new Set([400, 403, 404, 405, 413, 415])

/** Seconds that nova may take. */
const timeout = 30

/** Sends events with neutron's own credentials. Never throws. @see Compute API, os-server-external-events */
export async function deliverEvents(
  nova: Pick<Adapter, 'post'>,
  events: readonly NovaEvent[],
): Promise<Delivery> {
  try {
    const answer = await nova.post('/os-server-external-events', {
      json: { events },
      timeout,
      raiseExc: false,
    })
    const { status } = answer
    if (final.has(status)) return { kind: 'answered', refused: [...events] }
    if (status !== 200 && status !== 207)
      return { kind: 'later', cause: new Error(`nova answered ${status}`) }
    const body = (await answer.json()) as { events?: { code?: number }[] }
    return { kind: 'answered', refused: events.filter((_, at) => (body.events?.[at]?.code ?? 200) !== 200) }
  } catch (cause) {
    return { kind: 'later', cause }
  }
}
