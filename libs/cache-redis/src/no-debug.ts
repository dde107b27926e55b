// A stub for the package `debug` in the bundle: with DEBUG=ioredis:*, ioredis would print passwords and values to stderr.
const debug = Object.assign(() => {}, { enabled: false });
export default () => debug;
