import { OptionError } from './errors.ts'
import type { AuthPlugin } from './plugin.ts'
import type { PluginSession } from './plugin-session.ts'

const fillers: Readonly<
  Record<string, (auth: AuthPlugin, session: PluginSession) => Promise<string | undefined>>
> = {
  project_id: (auth, session) => auth.getProjectId(session),
  tenant_id: (auth, session) => auth.getProjectId(session),
  user_id: (auth, session) => auth.getUserId(session),
}

/**
 * Fills `%(project_id)s` and `%(user_id)s` (also written with `$`) into an `endpoint_override`.
 *
 * @throws OptionError when a value is not known
 */
export async function fillOverride(
  template: string,
  auth: AuthPlugin | undefined,
  session: PluginSession,
): Promise<string> {
  let url = template
  for (const [found, name = ''] of template.matchAll(/[%$]\((\w+)\)s/g)) {
    const value = auth && (await fillers[name]?.(auth, session))
    if (value === undefined) throw new OptionError(`endpoint_override: no value for %(${name})s`)
    url = url.replace(found, () => value)
  }
  return url
}
