import type { Identity } from './identity.ts'
import { inWords, type Finding } from './finding.ts'

/** Can this service get its own token? */
export async function ownToken(identity: Identity): Promise<Finding> {
  const check = 'own_token'
  try {
    const { access } = await identity.ownAccess()
    const who = access
      ? `, as ${access.username} with the roles ${access.roleNames.join(', ') || '(none)'}, until ${access.expiresAt.toISOString()}`
      : ''
    return { check, level: 'ok', message: `Keystone gives this service its token${who}` }
  } catch (error) {
    return { check, level: 'problem', message: `this service gets no token of its own: ${inWords(error)}` }
  }
}

/**
 * May this service validate the tokens of others? Everyone may validate tokens of their own, so one of these would prove
 * nothing.
 */
export async function validation(identity: Identity): Promise<Finding> {
  const check = 'validation'
  try {
    const { status } = await identity.validateNothing()
    if (status === 404 || status === 400) {
      return { check, level: 'ok', message: "this service's own user may validate tokens" }
    }
    if (status === 403) {
      const message =
        "this service's own user may not validate tokens: give it the role service in its project"
      return { check, level: 'problem', message }
    }
    return { check, level: 'problem', message: `Keystone answers a validation with ${status}` }
  } catch (error) {
    return { check, level: 'problem', message: `a validation fails: ${inWords(error)}` }
  }
}

/** Seconds by which clocks may differ, as a date in HTTP has whole seconds and takes its time. */
const tolerated = 2

/** Do the clocks of this host and of Keystone agree? Expiry is checked by both. */
export async function clocks(identity: Identity, now: () => Date): Promise<Finding> {
  const check = 'clocks'
  try {
    const before = now().getTime()
    const { headers } = await identity.validateNothing()
    const middle = (before + now().getTime()) / 2
    const told = Date.parse(headers['date'] ?? '')
    if (Number.isNaN(told)) return { check, level: 'note', message: 'Keystone does not tell its time' }
    // Half of the second that the date has lost.
    const ahead = Math.round((middle - told - 500) / 100) / 10
    if (Math.abs(ahead) <= tolerated) {
      return { check, level: 'ok', message: "this host's clock and Keystone's agree" }
    }
    const effect = ahead > 0 ? 'tokens end too early here' : 'tokens pass here after their end'
    const message = `this host's clock is ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} Keystone's: ${effect}`
    return { check, level: 'problem', message }
  } catch (error) {
    return { check, level: 'note', message: `the time of Keystone is not known: ${inWords(error)}` }
  }
}
