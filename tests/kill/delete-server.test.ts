import { killEverywhere } from './every-step.ts'

killEverywhere('delete-server')
