import { badRequest } from '@longhaul/oslo/api'

/**
 * The action that the body of `POST …/action` names: its only key.
 *
 * @param actions what can be asked for, by name
 * @throws ApiError 400 `action_unknown`
 */
export function actionOf<Name extends string>(body: unknown, actions: Readonly<Record<Name, unknown>>): Name {
  const names = typeof body === 'object' && body !== null ? Object.keys(body) : []
  const [name] = names
  if (names.length === 1 && name !== undefined && Object.hasOwn(actions, name)) return name as Name
  throw badRequest(`There is no such action: ${names.join(', ').slice(0, 100)}`, { code: 'action_unknown' })
}
