// Debian's python3-keystonemiddleware, unmodified, before an application: it validates the tokens of our Keystone.
import { join } from 'node:path'
import { after, before, describe } from 'node:test'
import { writeIni } from '../../tools/devstack/src/config-files.ts'
import { freePort } from '@longhaul/oslo/concurrency'
import { stopProcess, type ProcessRecord } from '../../tools/devstack/src/processes.ts'
import { testMatrix, type Applications } from './auth-token-matrix.ts'
import { needPackages } from './debian.ts'
import { OurKeystone } from './our-keystone.ts'
import { startPeer } from './peer-process.ts'
import { makeTokenStates, type TokenStates } from './token-states.ts'

describe('the original auth_token against our Keystone', () => {
  let keystone: OurKeystone
  let states: TokenStates
  let url: string
  let process: ProcessRecord | undefined
  before(async () => {
    await needPackages('python3-keystonemiddleware')
    keystone = await OurKeystone.make()
    states = await makeTokenStates(keystone)
    const file = join(keystone.directory, 'etc', 'application.conf')
    writeIni(file, states.configuration)
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    const args = [join(import.meta.dirname, 'auth-token-app.py'), String(port), file]
    const log = join(keystone.directory, 'log', 'application.out')
    process = await startPeer({ file: '/usr/bin/python3', args }, url, log)
  })
  after(async () => {
    if (process) await stopProcess(process)
    await keystone?.stop()
  })

  const applications: Applications = {
    ask: async (options, headers) => {
      const { region_name, service_token_roles_required, delay_auth_decision } = options
      const path = [region_name, service_token_roles_required, delay_auth_decision].join('/')
      const answer = await fetch(`${url}/${path}`, { headers })
      return {
        statusCode: answer.status,
        headers: Object.fromEntries(answer.headers),
        body: await answer.text(),
      }
    },
  }
  testMatrix(() => ({ states, applications }))
})
