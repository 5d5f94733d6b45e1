import type { ConnectedAttachment, Connector } from '../cinder.ts'
import type { NetworkClient } from '../neutron.ts'
import type { AgentClient } from './agent-client.ts'
import type { Failure } from './failure.ts'
import type { LeftoverKind, OperationKind, RunningOperation } from './running-operation.ts'
import type { OperationStore } from './store.ts'

/** What is read and written of an image. */
export interface ImageFacts {
  id: string
  status: string
  disk_format: string | null
  os_hash_value: string | null
  [property: string]: unknown
}

export interface Images {
  get(id: string): Promise<ImageFacts>
  patch(
    id: string,
    steps: readonly { op: 'add' | 'replace' | 'remove'; path: string; value?: unknown }[],
  ): Promise<ImageFacts>
  delete(id: string): Promise<void>
}

/** What is done with volumes; `cinder.ts` says how. */
export interface Volumes {
  /** @returns size in GiB */
  get(volumeId: string): Promise<{ size: number }>
  attachment(id: string): Promise<ConnectedAttachment>
  attachments(volumeId: string, serverId: string): Promise<{ id: string }[]>
  createAttachment(volumeId: string, serverId: string, connector?: Connector): Promise<{ id: string }>
  connect(attachmentId: string, connector: Connector): Promise<void>
  complete(attachmentId: string): Promise<void>
  deleteAttachment(id: string): Promise<void>
  rollDetaching(volumeId: string): Promise<void>
  delete(volumeId: string): Promise<void>
}

/** What is done with ports; `neutron.ts` says how. */
export type Ports = Pick<
  NetworkClient,
  | 'network'
  | 'port'
  | 'portsOf'
  | 'createPort'
  | 'updatePort'
  | 'deletePort'
  | 'bindings'
  | 'binding'
  | 'createBinding'
  | 'activateBinding'
  | 'deleteBinding'
>

/** What a step works with. */
export interface Run<Input> {
  readonly operation: RunningOperation
  readonly input: Input
  readonly store: OperationStore
  /** Images as the user who asked for the operation. @throws SealError when the context cannot be opened */
  imagesOfUser(): Images
  /** Images as nova itself, for undoing; undefined when nova has no credentials of its own there. */
  imagesOfNova(): Images | undefined
  /** Volumes as the user who asked for the operation. @throws SealError when the context cannot be opened */
  volumesOfUser(): Volumes
  /** Volumes as nova itself, for undoing; undefined when nova has no credentials of its own there. */
  volumesOfNova(): Volumes | undefined
  /** Ports as the user who asked for the operation. @throws SealError when the context cannot be opened */
  portsOfUser(): Ports
  /** Ports as nova itself, who alone may bind them. @throws TerminalError `credentials_missing` */
  portsOfNova(): Ports
  /** The agent of a host. @throws TransientError `host_unknown` */
  agent(host: string): Promise<AgentClient>
  /** The user's context, sealed for a host. */
  contextFor(host: string): string
  /** Throws `Interrupted` when the operation is to end. */
  checkWish: () => Promise<void>
  log(fields: object, message: string): void
}

/** One durable piece of an operation. It may run several times and must come to the same end. */
export interface Step<Input, Facts> {
  /** Literal and stored: another meaning gets another name. */
  name: string
  /** Whether there is anything to do; decided by what earlier steps have told alone, so that it is always the same. Default: yes. */
  when?(facts: Facts): boolean
  /** Adds to what the later steps know. */
  do(run: Run<Input>, facts: Facts): Promise<Partial<Facts> | void>
  /** What makes its traces vanish when the operation fails in it or later; the latest step's come first. */
  undo?: readonly Undo<Input, Facts>[]
  /** True for steps that go on although the user wants the server deleted. */
  uninterruptible?: true
  /** Whether what the step has begun cannot be taken back any more: from then on it is uninterruptible. */
  noWayBack?(run: Run<Input>, facts: Facts): Promise<boolean>
  /** True for steps that are repeated without an end while the other side is away. */
  untilDone?: true
}

export interface Undo<Input, Facts> {
  name: string
  do(run: Run<Input>, facts: Facts, failure: Failure): Promise<void>
  /** True for what is repeated without an end while the other side is away: nothing that follows may be done before. */
  untilDone?: true
  /** What stays behind if it cannot be done now; it is listed and retried. */
  leftover?(run: Run<Input>, facts: Facts): { kind: LeftoverKind; id: string; host?: string } | undefined
}

/** An operation: its steps in order, and how it ends when one of them fails. */
export interface Operation<Input, Facts> {
  kind: OperationKind
  /** Nova's name of the event that spans the whole operation. */
  event: string
  steps: readonly Step<Input, Facts>[]
  /** After everything was undone: the last transaction. */
  reset: { name: string; do(run: Run<Input>, facts: Facts, failure: Failure): Promise<void> }
}

/** An operation whose input and facts are its own affair. */
export type AnyOperation = Operation<unknown, Record<string, unknown>>

/** Puts operations of different inputs into one table. */
export function asAny<Input, Facts>(operation: Operation<Input, Facts>): AnyOperation {
  return operation as unknown as AnyOperation
}
