import { after, before, describe } from 'node:test'
import { startLab, type Lab } from '../testing/lab.ts'
import { replay } from '../testing/replay.ts'

describe('services, as recorded', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab.close())
  replay('services', () => lab, {
    meanwhile: {
      'delete again': async (marks) => {
        await lab.admin('DELETE', `/v3/services/${marks.get('<id:service:rec>')}`)
      },
    },
  })
})
