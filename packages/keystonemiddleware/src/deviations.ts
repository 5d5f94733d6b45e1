import { waitingLineLimits } from './waiting-line.ts'

const { underWay, waiting, seconds } = waitingLineLimits

/** Where the behaviour differs from the original's on purpose. */
export interface Deviation {
  original: string
  ours: string
}

/** Every deliberate difference from keystonemiddleware's auth_token, by the code that tests name; there are no others. */
export const deviations = {
  D1: {
    original:
      'A Keystone that hangs, answers broken JSON or is not in the catalog lets an exception out of the middleware; a redirect is followed with both tokens.',
    ours: '503, or passed on as invalid when the decision is delayed; there is a timeout by default; no redirect is followed.',
  },
  D2: {
    original: 'After a 401 to its own token the last try forgets `allow_expired`.',
    ours: 'It is kept.',
  },
  D3: {
    original: 'A cached token is accepted beyond the end of the window.',
    ours: 'An entry never lives longer than its token or, asked for with `allow_expired`, the window.',
  },
  D4: {
    original:
      "`OpenStack-System-Scope` of a client is not removed, and is overwritten with the service token's scope.",
    ours: "It is removed; the user's and the service's scope are kept apart.",
  },
  D5: {
    original: "Any `X-Service-Token` header switches an application credential's access rules off.",
    ours: 'Only a confirmed service token does, by its role.',
  },
  D6: {
    original:
      'Literal text in access rules is a regular expression; without a catalog they are an exception.',
    ours: 'It stands for itself; without a catalog they refuse with 401. An escaped slash has to fit both as a slash and as a part of its segment.',
  },
  D7: {
    original:
      'With Keystone down every request is held up for seconds; any number of questions is sent to a slow one.',
    ours: `One request at a time asks, or one a second when nothing answers; the others are answered at once with 503 and \`Retry-After\`. Of a Keystone that is up ${underWay} tokens are asked at a time; ${waiting} more wait for at most ${seconds} seconds each, and what goes beyond is 503 as well (\`keystone_busy\`).`,
  },
  D8: {
    original: 'A refusal is never remembered.',
    ours: 'It is for three seconds, but never for a token that could pass by another question.',
  },
  D9: {
    original: 'Headers without a value are set to None.',
    ours: 'They are left out.',
  },
} as const satisfies Record<string, Deviation>
