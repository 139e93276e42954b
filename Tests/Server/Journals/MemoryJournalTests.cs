using EventOnly.Server.Journals;
using EventOnly.Tests.Contracts;
using EventOnly.Tests.Support;

namespace EventOnly.Tests.Server.Journals;

[Parallelizable]
public sealed class MemoryJournalTests : JournalContract
{
    protected override IJournal NewJournal() => Given.AJournal();

    [Test]
    public async Task Another_journal_is_another_incarnation()
    {
        var made = 0;
        string NewEpoch() => $"epoch-{++made}";

        var heads = new[] { await new MemoryJournal(NewEpoch).OpenAsync("p", default), await new MemoryJournal(NewEpoch).OpenAsync("p", default) };

        heads[0].Epoch.Should().NotBe(heads[1].Epoch);
    }
}
