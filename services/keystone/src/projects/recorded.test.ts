import { after, before, describe } from 'node:test'
import { startLab, type Lab } from '../testing/lab.ts'
import { replay } from '../testing/replay.ts'

describe('projects, as recorded', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab.close())
  replay('projects', () => lab, {
    meanwhile: {
      'delete again': async (marks) => {
        await lab.admin('DELETE', `/v3/projects/${marks.get('<id:project:rec>')}`)
      },
    },
  })
})

describe('projects: project-tree, as recorded', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab.close())
  replay('project-tree', () => lab)
})

describe('projects: project-domains, as recorded', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab.close())
  replay('project-domains', () => lab, {
    meanwhile: {
      'domain: list by name': async (marks) => {
        const options = { immutable: true }
        await lab.admin('PATCH', `/v3/domains/${marks.get('<id:domain:immutable>')}`, { domain: { options } })
      },
    },
  })
})

describe('projects: project-tags, as recorded', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab.close())
  replay('project-tags', () => lab)
})
