import type { OperationDetails, OperationView } from './administration.ts'

/** Operations as a table for a terminal. */
export function operationList(operations: readonly OperationView[]): string {
  if (operations.length === 0) return 'no operations'
  const head = ['operation', 'kind', 'server', 'state', 'step', 'attempt', 'began']
  const rows = operations.map((one) => [
    one.id,
    one.kind,
    one.server,
    one.request === null ? one.state : `${one.state} (${one.request})`,
    one.step ?? '-',
    String(one.attempt),
    one.created_at,
  ])
  return columns([head, ...rows])
}

/** One operation with all that is known of it. */
export function operationText(operation: OperationDetails): string {
  const { steps, leftovers, ...rest } = operation
  const facts = Object.entries(rest).map(([name, value]) => [name, value === null ? '-' : String(value)])
  const stepRows = steps.map((step) => [
    step.name,
    step.result ?? 'running',
    step.started_at,
    step.finished_at ?? '-',
    step.details ?? '',
  ])
  const leftRows = leftovers.map((left) => [
    left.kind,
    left.id,
    `${left.tries} tries`,
    `next ${left.next_try_at}`,
    left.reason,
  ])
  return [
    columns(facts),
    ...(stepRows.length > 0 ? ['', 'steps', columns(stepRows)] : []),
    ...(leftRows.length > 0 ? ['', 'left over', columns(leftRows)] : []),
  ].join('\n')
}

function columns(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
