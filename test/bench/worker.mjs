// One contender in a process of its own: its JIT, its heap and its CPU time are nobody else's. It does a round
// whenever the parent asks and answers with one number.
const { contender, measure, wire, base } = JSON.parse(process.argv[2]);
const { connect } = await import(`./contenders/${contender}.mjs`);
const { work } = await import(`./measures/${measure}.mjs`);

const client = await connect(wire, base);

process.on('message', (options) => {
  work(client, options).then(
    (value) => process.send({ value }),
    (error) => process.send({ error: String(error?.stack ?? error) }),
  );
});
process.once('disconnect', () => process.exit());
process.send({ ready: true });
