import { after, before, describe } from 'node:test'
import { startLab, type Lab } from '../testing/lab.ts'
import { replay } from '../testing/replay.ts'

describe('roles, as recorded', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab.close())
  replay('roles', () => lab, {
    meanwhile: {
      'revoke grant again': () => lab.grant('other', 'demo', 'rec-role2', 'DELETE'),
      'delete again': async (marks) => {
        await lab.admin('DELETE', `/v3/roles/${marks.get('<id:role:rec-role>')}`)
      },
    },
  })
})

describe('roles: implied-roles, as recorded', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab.close())
  replay('implied-roles', () => lab)
})
