// A bot written with discord.js, which knows nothing of this project: does it find its way about the built-in Discord?
// It prints a line of JSON for each thing that it saw, and ends with exit code 1 when something was not as it expects.
import { Client, Events, GatewayIntentBits, MessageFlags } from 'discord.js';

const say = (what, more = {}) => console.log(JSON.stringify({ what, ...more }));
const fail = (why) => {
  say('failed', { why: String(why?.stack ?? why) });
  process.exit(1);
};
process.on('unhandledRejection', fail);
process.on('uncaughtException', fail);

const client = new Client({
  intents: [GatewayIntentBits.Guilds],
  rest: { api: process.env.API, version: '10', retries: 0 },
});
client.on(Events.Error, fail);
client.on(Events.Warn, fail);
client.on(Events.ShardError, fail);

client.once(Events.ClientReady, async () => {
  const commands = await client.application.commands.set([
    { name: 'quick', description: 'Answers at once', descriptionLocalizations: { de: 'Antwortet sofort' } },
    {
      name: 'slow', description: 'Answers later',
      options: [{ name: 'topic', description: 'What about', type: 3, required: true, autocomplete: true }],
    },
    { name: 'form', description: 'Asks first' },
    { name: 'Look at this', type: 3 },
  ]);
  const guild = client.guilds.cache.first();
  const message = await guild.channels.cache.first().send({
    embeds: [{ title: 'A title', description: 'A text', url: 'https://example.org/' }], allowedMentions: { parse: [] },
    nonce: '1', enforceNonce: true,
  });
  say('ready', { commands: commands.size, guild: guild.name, message: message.id, embeds: message.embeds.length });
});

client.on(Events.InteractionCreate, async (i) => {
  const only = { flags: MessageFlags.Ephemeral, allowedMentions: { parse: [] } };
  if (i.isAutocomplete()) {
    await i.respond([{ name: `about ${i.options.getFocused()}`, value: 'about' }]);
  } else if (i.isChatInputCommand() && i.commandName === 'quick') {
    await i.reply({
      ...only, content: `hello ${i.user.username}`,
      components: [{ type: 1, components: [{ type: 2, style: 1, custom_id: 'more', label: 'More' }] }],
    });
  } else if (i.isChatInputCommand() && i.commandName === 'slow') {
    await i.deferReply(only);
    await i.editReply({ content: `on ${i.options.getString('topic')}`, allowedMentions: { parse: [] } });
    await i.followUp({ ...only, content: 'and more' });
  } else if (i.isChatInputCommand() && i.commandName === 'form') {
    await i.showModal({
      custom_id: 'ask', title: 'A question',
      components: [{ type: 1, components: [{ type: 4, custom_id: 'name', label: 'Your name', style: 1 }] }],
    });
  } else if (i.isModalSubmit()) {
    await i.reply({ ...only, content: `thanks, ${i.fields.getTextInputValue('name')}` });
  } else if (i.isButton()) {
    await i.update({ content: 'more it is', components: [], allowedMentions: { parse: [] } });
  } else if (i.isMessageContextMenuCommand()) {
    await i.reply({ ...only, content: `it has ${i.targetMessage.embeds.length} embed` });
  } else {
    fail(`an interaction of type ${i.type}`);
  }
  say('answered', { type: i.type, guild: i.inGuild(), permissions: i.memberPermissions?.has('SendMessages') });
});

process.on('SIGTERM', async () => {
  await client.destroy();
  process.exit(0);
});
await client.login(process.env.TOKEN);
