import { after, before, describe } from 'node:test'
import { startLab, type Lab } from '../testing/lab.ts'
import { readExchanges, replay } from '../testing/replay.ts'

describe('users, as recorded', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab.close())
  replay('users', () => lab)
})

describe('options of users, as recorded', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab.close())
  replay('user-options', () => lab)
})

describe('passwords that their users change, as recorded', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab.close())
  replay('change-password', () => lab, {
    meanwhile: {
      'wrong original': async (marks) => {
        marks.set('<id:user:rec-pw>', await lab.user('rec-pw', 'demo', ['member']))
      },
      'the token it was done with, after': async (marks) => {
        const path = `/v3/users/${marks.get('<id:user:rec-pw>')}`
        await lab.admin('PATCH', path, { user: { password: 'rec-pw2-pass' } })
        lab.pass(1)
        marks.set('<token:rec-pw2>', await lab.loginWith('rec-pw', 'rec-pw2-pass'))
        await lab.call('POST', `${path}/password`, {
          body: { user: { original_password: 'rec-pw2-pass', password: 'last-pass' } },
        })
      },
    },
  })
})

describe('filters, as recorded', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab.close())
  replay('filters', () => lab)
})

describe('lists, as recorded', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
    // Whom the recording left behind.
    const [all] = readExchanges('lists')
    const { users } = all!.response.body as {
      users: { name: string; enabled: boolean; default_project_id?: string }[]
    }
    for (const { name, enabled, default_project_id } of users.filter((one) => one.name.startsWith('rec-'))) {
      const usual = default_project_id ? { default_project_id: 'f'.repeat(32) } : {}
      await lab.admin('POST', '/v3/users', { user: { name, enabled, ...usual } })
    }
  })
  after(() => lab.close())
  replay('lists', () => lab)
})
