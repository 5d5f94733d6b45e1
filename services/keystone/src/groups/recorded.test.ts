import { after, before, describe } from 'node:test'
import { startLab, type Lab } from '../testing/lab.ts'
import { replay } from '../testing/replay.ts'

describe('groups, as recorded', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab.close())
  replay('groups', () => lab, {
    meanwhile: {
      'check user': async (marks) => {
        const path = `/v3/groups/${marks.get('<id:group:rec>')}/users/${marks.get('<id:user:other>')}`
        await lab.admin('PUT', path)
      },
    },
  })
})

describe('groups: group-members, as recorded', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab.close())
  replay('group-members', () => lab)
})
