/** What is loaded until a first broker in memory serves: files, and Node's own modules. */
const { startBroker } = require('walka');

startBroker().then(async (broker) => {
  const files = Object.keys(require.cache).filter((file) => file !== __filename);
  const builtIn = process.moduleLoadList.map((entry) => entry.replace(/^NativeModule /, ''));
  await broker.close();
  console.log(JSON.stringify({ files, builtIn }));
});
