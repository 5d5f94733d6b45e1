import { powerStateOf, vmStateFor } from '../servers/states.ts'
import { failureOf } from './failure.ts'
import type { Run } from './operation.ts'

/** What has become of a server's machine meanwhile, as changes of its row; nothing is changed when its host cannot be asked. */
export async function stateOfGuest(run: Run<unknown>, host: string) {
  try {
    const server = await run.store.server(run.operation.serverId)
    const reported = await (await run.agent(host)).powerState(server.id)
    const vmState = vmStateFor(server.vm_state, reported)
    const power_state = powerStateOf(reported)
    return vmState === undefined ? { power_state } : { vm_state: vmState, power_state }
  } catch (error) {
    run.log({ reason: failureOf(error).message }, 'the power state of the server is not known')
    return {}
  }
}
