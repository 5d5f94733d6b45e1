import type { ServiceCall } from './calls.ts'
import type { MigrationRun } from './migration-run.ts'
import type { DemoRun } from './run.ts'

const titles = { snapshot: 'Snapshot', live: 'Live migration', block: 'Block live migration' } as const

/** One run as text for a person. */
export function reportOf(run: DemoRun | MigrationRun): string {
  const started = run.calls[0] ? Date.parse(run.calls[0].at) : 0
  const lines = [
    `${titles[run.useCase]} ${run.serviceToken ? 'with' : 'without'} a service token (send_service_user_token = ${run.serviceToken})`,
    `  the token of who asks lives ${run.tokenTtl} s; it took ${run.duration.toFixed(1)} s`,
    '',
    `  ${'seconds'.padStart(7)}  ${'from'.padEnd(14)} ${'to'.padEnd(14)} ${'X-Auth-Token'.padEnd(22)} ${'X-Service-Token'.padEnd(15)} answer  call`,
    ...run.calls.map((call) => `  ${callLine(call, started)}`),
    '',
    `  ${run.useCase === 'snapshot' ? `image ${run.imageStatus}` : `migration ${run.migrationStatus}`}, server ${run.serverStatus}, task_state ${run.taskState ?? 'None'}, missing counts of the guest: ${run.guestGap ?? 'no guest'}`,
    ...(run.reason === null ? [] : [`  reason in the instance action: ${run.reason}`]),
    ...run.checks.map(
      ({ ok, name, detail }) => `  ${ok ? 'ok    ' : 'WRONG '} ${name}${ok ? '' : `: ${detail}`}`,
    ),
    '',
  ]
  return lines.join('\n')
}

function callLine(call: ServiceCall, started: number): string {
  const seconds = ((Date.parse(call.at) - started) / 1000).toFixed(1)
  const age = call.userTokenAge === null ? '-' : `${call.user ?? '?'}, ${call.userTokenAge.toFixed(1)} s`
  const token = `${age}${call.userTokenExpired ? ', expired' : ''}`
  const path = call.path.replaceAll(/([0-9a-f]{8})-[0-9a-f-]{27}/g, '$1')
  return `${seconds.padStart(7)}  ${call.from.padEnd(14)} ${call.to.padEnd(14)} ${token.padEnd(22)} ${(call.serviceUser ?? '-').padEnd(15)} ${String(call.status).padEnd(6)}  ${call.method} ${path}`
}
