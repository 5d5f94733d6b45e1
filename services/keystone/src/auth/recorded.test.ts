import { after, before, describe } from 'node:test'
import { startLab, type Lab } from '../testing/lab.ts'
import { replay } from '../testing/replay.ts'

describe('logins, validation and discovery, as recorded', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab.close())
  for (const name of [
    'discovery',
    'home-documents',
    'auth-password',
    'auth-token',
    'auth-malformed',
    'validate',
    'targets',
  ])
    replay(name, () => lab)
})

describe('expired tokens, as recorded', () => {
  // Two servers with one database and the same keys, one with tokens of four seconds and a window of sixteen.
  let usual: Lab
  let short: Lab
  before(async () => {
    usual = await startLab()
    short = await startLab({ beside: usual, conf: '[token]\nexpiration = 4\nallow_expired_window = 16\n' })
    await usual.user('rec-exp', 'demo', ['member'])
  })
  after(async () => {
    await short.close()
    await usual.close()
  })
  replay('allow-expired', (server) => (server === 'short' ? { ...short, token: usual.token } : usual), {
    between: 0,
    meanwhile: {
      'not expired yet, allow_expired=1': async (marks) => {
        for (const name of ['demo', 'nova', 'rec-exp'])
          marks.set(`<token:${name}-short>`, await short.token(name))
        marks.set('<token:nova>', await usual.token('nova'))
      },
      'expired, in the window: GET (none)': () => usual.pass(6),
      'second user: expired, in the window, role given back': async () => {
        await usual.grant('rec-exp', 'demo', 'member', 'DELETE')
        await usual.grant('rec-exp', 'demo', 'member')
      },
      'second user: expired, in the window, user disabled after': () =>
        usual.change('user', 'rec-exp', { enabled: false }),
      'second user: expired, in the window, user enabled again': () =>
        usual.change('user', 'rec-exp', { enabled: true }),
      'expired, out of the window: without': () => usual.pass(16),
    },
  })
})
