import {
  catalogHeader,
  identityHeaders,
  statusHeaders,
  tokenHeaders,
  type IdentityHeader,
} from '@longhaul/keystonemiddleware'

const code = (name: string | undefined) => (name === undefined ? '' : `\`${name}\``)

function row({ user, service, means }: IdentityHeader): string {
  return `| ${code(user)} | ${code(service)} | ${means} |`
}

/** The headers of the middleware, from its table. */
export function headersPage(): string {
  return [
    '# Headers of auth_token',
    '',
    'What an application behind the middleware finds in its requests. Every header of the second table that a client sent is',
    'removed first, also when it is written with underscores: it can only come from the middleware. A header without a value',
    'is left out.',
    '',
    '## Read',
    '',
    '| Header | Holds |',
    '|---|---|',
    `| ${code(tokenHeaders.user)} | the token of the user |`,
    `| ${code(tokenHeaders.userFallback)} | the same, if ${code(tokenHeaders.user)} is not sent at all |`,
    `| ${code(tokenHeaders.service)} | the token of the service that works for the user |`,
    '',
    '## Removed, then set',
    '',
    'The values come from the confirmed token: in the first column of the user, in the second of the service.',
    '',
    '| Of the user | Of the service | Value |',
    '|---|---|---|',
    `| ${code(statusHeaders.user)} | ${code(statusHeaders.service)} | \`Confirmed\` or \`Invalid\`; of the service only if it sent a token |`,
    ...identityHeaders.map(row),
    `| ${code(catalogHeader)} | | the service catalog in the form of Identity v2, as JSON; without \`include_service_catalog\` it is left out |`,
    '',
  ].join('\n')
}
