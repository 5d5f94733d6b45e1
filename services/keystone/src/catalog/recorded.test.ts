import { after, before, describe } from 'node:test'
import { startLab, type Lab } from '../testing/lab.ts'
import { replay } from '../testing/replay.ts'

describe('rules of the catalog, as recorded', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab.close())
  replay('catalog-rules', () => lab, {
    meanwhile: {
      'other id': () => lab.admin('POST', '/v3/regions', { region: { id: 'R1' } }),
      put: () => lab.admin('DELETE', '/v3/regions/R1'),
    },
  })
})
