export { probedBytes, probeHeader, qemuDriver, type ImageHeader } from './image-header.ts'
export {
  argumentsOf,
  endProcess,
  findProcess,
  findProcesses,
  inputDescriptor,
  isAlive,
  isSame,
  ProcessNotEndedError,
  runsWith,
  startProcess,
  untilGone,
  type QemuProcess,
} from './process.ts'
export { findQemu, findStorageDaemon, QemuImgError, QemuMissingError } from './programs.ts'
export {
  checkImage,
  convertImage,
  createImage,
  inspectImage,
  resizeImage,
  type ImageCheck,
  type ImageInfo,
} from './qemu-img.ts'
export { QmpClient, type QmpEvent } from './qmp-client.ts'
export { QmpError } from './qmp-error.ts'
