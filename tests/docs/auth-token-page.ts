import { deviations, metricNames, reasons } from '@longhaul/keystonemiddleware'

/** Why requests are refused, what can be measured, and where ours differs, from the middleware's tables. */
export function authTokenPage(): string {
  return [
    '# Reasons, metrics and deviations of auth_token',
    '',
    '## Reasons',
    '',
    'Each request that is not authenticated has one line in the log with `reason` and, when its service token was not confirmed',
    'either, `service_reason`. With `www_authenticate_reason` clients are told the same in `WWW-Authenticate`, as `error` and',
    '`service_error`. The beginning of a code names the token.',
    '',
    '| Code | Meaning |',
    '|---|---|',
    ...Object.entries(reasons).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`),
    '',
    '## Metrics',
    '',
    '`promClientMetrics` of `@longhaul/keystonemiddleware/prom-client` keeps these in a registry of prom-client.',
    '',
    '| Name | Type | Labels | Meaning |',
    '|---|---|---|---|',
    ...Object.entries(metricNames).map(
      ([name, { type, labels, help }]) =>
        `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
    ),
    '',
    '## Deviations',
    '',
    'Statuses and headers are those of the original middleware, except for these.',
    '',
    '| | The original | Ours |',
    '|---|---|---|',
    ...Object.entries(deviations).map(([code, { original, ours }]) => `| ${code} | ${original} | ${ours} |`),
    '',
  ].join('\n')
}
