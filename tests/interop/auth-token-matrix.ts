import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  assertAnswer,
  cells,
  titleOf,
  tokensOfCell,
  type Answer,
} from '../../packages/keystonemiddleware/src/fixtures/recorded.ts'
import type { TokenStates } from './token-states.ts'

/** Options of auth_token in which the applications of the matrix differ. */
export interface ApplicationOptions {
  region_name: string
  service_token_roles_required: boolean
  delay_auth_decision: boolean
}

/** Applications behind auth_token that answer `{ saw }`, the headers of the request by lower-case name. */
export interface Applications {
  ask(options: ApplicationOptions, headers: Record<string, string>): Promise<Answer>
}

/** Declares a test for each cell: the answer, and what the application saw, are as recorded. */
export function testMatrix(lab: () => { states: TokenStates; applications: Applications }): void {
  test('the matrix is complete', () => assert.equal(cells.length, 120))

  for (const cell of cells) {
    test(titleOf(cell), async () => {
      const { states, applications } = lab()
      const user = tokenIn(states.user, cell.user_token)
      const service = tokenIn(states.service, cell.service_token)
      const options = {
        region_name: states.regionFor(cell.user_token),
        service_token_roles_required: cell.roles_required,
        delay_auth_decision: cell.delay,
      }
      const answer = await applications.ask(options, {
        ...(user === undefined ? {} : { 'X-Auth-Token': user }),
        ...(service === undefined ? {} : { 'X-Service-Token': service }),
      })
      assertAnswer(answer, cell, tokensOfCell(user, service), { id: states.id })
    })
  }
}

function tokenIn(tokens: TokenStates['user'], state: string): string | undefined {
  if (!(state in tokens)) throw new Error(`no token is ${state}`)
  return tokens[state]
}
