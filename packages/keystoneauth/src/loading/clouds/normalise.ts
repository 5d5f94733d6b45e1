import { filledIn, isSettings, textOf, type Setting, type Settings } from './settings.ts'

// Newest name last: the last one that is set wins.
const authNames: Readonly<Record<string, readonly string[]>> = {
  domain_id: ['domain_id'],
  domain_name: ['domain_name'],
  user_domain_id: ['user_domain_id'],
  user_domain_name: ['user_domain_name'],
  project_domain_id: ['project_domain_id'],
  project_domain_name: ['project_domain_name'],
  token: ['auth_token', 'token'],
  passcode: ['passcode'],
  project_id: ['tenant_id', 'project_id'],
  project_name: ['tenant_name', 'project_name'],
}

/**
 * One cloud with every option under its present name and at its place: what belongs to the credentials in `auth`, a domain
 * for user and project alike where only one is named, `interface` for `endpoint_type`, `api_timeout` for other timeouts.
 *
 * @see openstacksdk, config.loader.OpenStackConfig.magic_fixes
 */
export function normalised(cloud: Settings): Settings {
  const { auth_plugin: plugin, auth_type: type = plugin, ...rest } = cloud
  const renamed = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [name.replace(/endpoint_type$/, 'interface'), value]),
  )
  const timed = withOneTimeout(renamed)
  const { auth, ...others } = withAuth(timed)
  return {
    ...others,
    auth: withUrl(oneDomain(auth), others),
    ...(type === undefined || type === null ? {} : { auth_type: type }),
  }
}

function withOneTimeout(cloud: Settings): Settings {
  const kept: Record<string, Setting> = {}
  let timeout: Setting | undefined
  for (const [name, value] of Object.entries(cloud)) {
    if (name.endsWith('_timeout') && name !== 'api_timeout') timeout = value
    else kept[name] = value
  }
  return timeout === undefined ? kept : { ...kept, api_timeout: timeout }
}

/** Outside of `auth` an option wins, as it may come from the program or the region. */
function withAuth(cloud: Settings): Record<string, Setting> & { auth: Settings } {
  const outside = new Map(Object.entries(cloud))
  const auth = new Map(Object.entries(isSettings(cloud['auth']) ? cloud['auth'] : {}))
  outside.delete('auth')
  for (const [target, names] of Object.entries(authNames)) {
    let found: Setting | undefined
    for (const source of names) {
      const inside = auth.get(source)
      const above = outside.get(source)
      auth.delete(source)
      outside.delete(source)
      if (inside !== '') found = inside ?? found
      if (above !== '') found = above ?? found
    }
    if (found !== undefined) auth.set(target, found)
  }
  return { ...Object.fromEntries(outside), auth: Object.fromEntries(auth) }
}

/** With a project, `domain_*` is that of the user and of the project, where they have none of their own. */
function oneDomain(auth: Settings): Settings {
  if (!textOf(auth, 'project_id') && !textOf(auth, 'project_name')) return auth
  const { domain_id: id, domain_name: name, ...rest } = auth
  const both = (kind: 'id' | 'name', value: Setting | undefined) =>
    value === undefined ? {} : { [`user_domain_${kind}`]: value, [`project_domain_${kind}`]: value }
  return { ...both('id', id), ...both('name', name), ...rest }
}

function withUrl(auth: Settings, cloud: Settings): Settings {
  const url = textOf(auth, 'auth_url')
  return url === undefined ? auth : { ...auth, auth_url: filledIn(url, cloud) }
}
