import { writeFileSync } from 'node:fs'
import { stringify } from 'yaml'
import type { CloudRecord } from './cloud-record.ts'
import { certificateFiles } from './certificates.ts'
import { regionName } from './config-files.ts'
import { identityUrl } from './endpoints.ts'
import type { StateDirectory } from './state-directory.ts'

/** Writes `clouds.yaml` (clouds `longhaul` and `longhaul-admin`) and `openrc [demo|admin]`; mode 0600. */
export function writeClientFiles(state: StateDirectory, record: CloudRecord): void {
  const authUrl = identityUrl(record)
  const ca = record.tls ? certificateFiles(state.tls).ca : undefined
  const cloud = (user: 'demo' | 'admin') => ({
    auth: {
      auth_url: authUrl,
      username: user,
      password: record.passwords[user],
      project_name: user,
      user_domain_name: 'Default',
      project_domain_name: 'Default',
    },
    region_name: regionName,
    identity_api_version: '3',
    ...(ca === undefined ? {} : { cacert: ca }),
  })
  const clouds = { clouds: { longhaul: cloud('demo'), 'longhaul-admin': cloud('admin') } }
  writeFileSync(state.cloudsYaml, stringify(clouds), { mode: 0o600 })
  const passwords = (['demo', 'admin'] as const).map(
    (user) => `  ${user}) export OS_PASSWORD='${record.passwords[user]}' ;;`,
  )
  const openrc = `# . openrc [demo|admin]
longhaul_user=\${1:-demo}
case "$longhaul_user" in
${passwords.join('\n')}
  *) echo "openrc: unknown user $longhaul_user" >&2 ;;
esac
export OS_USERNAME="$longhaul_user" OS_PROJECT_NAME="$longhaul_user"
export OS_USER_DOMAIN_NAME=Default OS_PROJECT_DOMAIN_NAME=Default
export OS_AUTH_URL='${authUrl}' OS_IDENTITY_API_VERSION=3 OS_REGION_NAME='${regionName}'
${ca === undefined ? 'unset OS_CACERT' : `export OS_CACERT='${ca}'`}
unset longhaul_user
`
  writeFileSync(state.openrc, openrc, { mode: 0o600 })
}
