import { killInDeviceOperations } from './moving-cases.ts'

killInDeviceOperations('create-server')
