import { authTypes, environmentName, type AuthType } from '@longhaul/keystoneauth'

function typeLines([name, { about, options }]: [string, AuthType]): string[] {
  const rows = Object.entries(options).map(([option, { settings }]) => {
    const older = (settings.deprecatedNames ?? []).map((old) => `\`${String(old)}\``).join(', ')
    const cells = [
      `\`${option}\``,
      `\`${environmentName(option)}\``,
      settings.default === undefined ? '' : `\`${settings.default as string}\``,
      settings.secret ? 'yes' : '',
      older,
      settings.help,
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [
    `## ${name}`,
    '',
    about,
    '',
    '| Option | Variable | Default | Secret | Older names | Meaning |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ]
}

/** Every kind of credentials and its options, from the table that all ways of loading read. */
export function authTypesPage(): string {
  const links = Object.keys(authTypes).map((name) => `[\`${name}\`](#${name})`)
  return [
    '# Kinds of credentials',
    '',
    'What `auth_type` may be, and the options of each. In a configuration file they stand in the section that has `auth_type`;',
    'in `clouds.yaml` and `secure.yaml` under `auth`, with `-` or `_`; in the environment as the variables of the second column,',
    'with `OS_AUTH_TYPE`. A login that lacks options fails with one error that names all of them and each place where they were',
    'looked for.',
    '',
    '`clouds.yaml`, `secure.yaml` and `clouds-public.yaml` (also `.yml`, `.json`) are looked for in the current directory, in',
    '`$XDG_CONFIG_HOME/openstack`, `~/.config/openstack`, `$XDG_CONFIG_DIRS/openstack` and `/etc/openstack`; the first one counts.',
    '`OS_CLIENT_CONFIG_FILE` and `OS_CLIENT_SECURE_FILE` name one that goes before all. `OS_CLOUD` chooses a cloud.',
    'All is as in openstacksdk, except:',
    '',
    '- A file that is no YAML is an error, where openstacksdk goes on without it; scalars are texts as they are written, so an id',
    '  such as `1e10` stays one.',
    '- What is written without a value, and a variable that is empty, counts as not set and hides nothing below it. Only',
    '  `auth_type` without a value is `none`, as there.',
    "- A `profile` that is not found is an error, and there is no built-in list of providers, as a password would go to whoever has a provider's",
    '  old name by now.',
    "- The region that a cloud's own `region_name` or `regions` selects has also what its profile says of that region, below what",
    '  the cloud itself says.',
    '- `OS_REGION_NAME` selects among the regions of a named cloud too, as with openstackclient.',
    '- `auth_plugin`, the old name of `auth_type`, counts where `auth_type` is not set; and a token without a password is of type `token`.',
    '- No status is tried again by default (`image_status_code_retries`); `cache`, `client`, `metrics` and `networks` are not read.',
    '- A value that is none of its kind is an error when the cloud is loaded, told together with what is wrong of the credentials.',
    '- The `auth_url` at which the Identity service of a login without a scope is found has its version, also where it is written without.',
    '- `idp_otp_key` of `v3oidcpassword` needs a program that gives the passcode (`login.otp`); nothing is asked on the terminal.',
    '- The adapters of a service share its `rate_limit` and `concurrency`.',
    '',
    'Of a cloud there is further: `region_name` or `regions`, `cacert`, `cert`, `key`, `verify`, `insecure`, `timing`, `api_timeout` in',
    'seconds; `rate_limit` in requests a second and `concurrency`, both also as a mapping from types of services; and for each',
    'service, with the type of the service in front (`compute_endpoint_override`): `service_type`, `service_name`, `interface`,',
    '`region_name`, `endpoint_override`, `api_version`, `default_microversion`, `connect_retries`, `status_code_retries`. `interface`,',
    '`connect_retries` and `status_code_retries` without a type are of all services; `interface` may be a list in order of preference.',
    '',
    `Kinds: ${links.join(', ')}.`,
    '',
    ...Object.entries(authTypes).flatMap(typeLines),
  ].join('\n')
}
