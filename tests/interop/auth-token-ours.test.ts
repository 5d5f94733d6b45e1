// OpenStack's own Keystone, from Debian's packages: our auth_token before an application validates its tokens.
import { join } from 'node:path'
import { after, before, describe } from 'node:test'
import { authTokenFromConfig } from '@longhaul/keystonemiddleware'
import { Config } from '@longhaul/oslo-config'
import { application } from '../../packages/keystonemiddleware/src/fixtures/application.ts'
import { writeIni } from '../../tools/devstack/src/config-files.ts'
import { testMatrix, type Applications } from './auth-token-matrix.ts'
import { RealKeystone } from './real-keystone.ts'
import { makeTokenStates, type TokenStates } from './token-states.ts'

describe('our auth_token against the real Keystone', () => {
  let keystone: RealKeystone
  let states: TokenStates
  let file: string
  const started = new Map<string, ReturnType<typeof application>>()
  before(async () => {
    keystone = await RealKeystone.make()
    states = await makeTokenStates(keystone)
    file = join(keystone.directory, 'etc', 'application.conf')
    writeIni(file, states.configuration)
  })
  after(async () => {
    for (const app of started.values()) await app.close()
    await keystone?.stop()
  })

  const applications: Applications = {
    ask: async (options, headers) => {
      const key = JSON.stringify(options)
      let found = started.get(key)
      if (!found) {
        found = application(authTokenFromConfig(Config.read([file]), { overrides: { ...options } }))
        started.set(key, found)
      }
      return await found.inject({ url: '/', headers })
    },
  }
  testMatrix(() => ({ states, applications }))
})
