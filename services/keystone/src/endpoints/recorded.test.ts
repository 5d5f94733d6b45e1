import { after, before, describe } from 'node:test'
import { startLab, type Lab } from '../testing/lab.ts'
import { replay } from '../testing/replay.ts'

describe('endpoints, as recorded', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab.close())
  replay('endpoints', () => lab, {
    meanwhile: {
      create: async (marks) => {
        await lab.admin('POST', '/v3/services', { service: { name: 'rec-svc', type: 'rec-type' } })
        marks.set('<id:service:rec>', await lab.id('service', 'rec-svc'))
      },
      'delete again': async (marks) => {
        await lab.admin('DELETE', `/v3/endpoints/${marks.get('<id:endpoint:rec>')}`)
      },
    },
  })
})
