export { freePort } from './free-port.ts'
export { lockDirectory } from './directory-lock.ts'
export { Turns } from './turns.ts'
