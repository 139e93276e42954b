using EventOnly.Server.Journals;

namespace EventOnly.Tests.Server.Journals;

/// <summary>
/// One writer and what it was promised: remembers what was acknowledged and what it cannot know, and compares with what the journal has after
/// each opening. That is promise and check at once: nothing acknowledged is lost, nothing refused comes back, nothing is served that was not written.
/// </summary>
internal sealed class JournalStory(JournalBench bench, Random chance, string project = JournalBench.Project)
{
    private readonly List<string> _acked = [];
    private readonly List<string[]> _unknown = [];
    private string? _epoch;

    public int Acked => _acked.Count;

    /// <summary>Appends a batch. False where it was refused; then none of it may be there, unless the process ends now.</summary>
    public async Task<bool> TryAppendAsync()
    {
        var batch = Enumerable.Range(0, chance.Next(1, 6)).Select(i => JournalBench.Text(_acked.Count + 1 + i, chance.Next(1, chance.Next(2, 1200)))).ToArray();
        var result = await bench.AppendAsync(project, _acked.Count, batch);
        result.Outcome.Should().NotBe(AppendOutcome.Conflict, "nobody else appends, and what was refused is not there");
        if (result.Outcome == AppendOutcome.Committed)
        {
            result.Head.Should().Be(_acked.Count + batch.Length);
            _acked.AddRange(batch);
            _unknown.Clear();
            return true;
        }
        _unknown.Add(batch);
        return false;
    }

    /// <summary>Appends, however often it takes.</summary>
    public async Task AppendAsync()
    {
        for (var tries = 0; !await TryAppendAsync(); tries++)
        {
            tries.Should().BeLessThan(2000, "writing resumes by itself");
            await Task.Yield();
        }
        (await ReadAsync()).SequenceEqual(_acked).Should().BeTrue("what is read is what was acknowledged");
    }

    /// <summary>Ends the process and perhaps the power, opens again and compares.</summary>
    public async Task ReopenAsync(bool powerLoss)
    {
        bench.Close();
        if (powerLoss)
            bench.Disk.PowerOn();
        await CompareAsync();
    }

    /// <summary>Compares what there is after an opening with what was promised.</summary>
    public async Task CompareAsync()
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                await CompareOnceAsync();
                return;
            }
            catch (JournalUnavailableException) when (tries < 3)
            {
                // One call fails in these tests: the next attempt succeeds.
            }
        }
    }

    private async Task CompareOnceAsync()
    {
        var head = await bench.Journal.OpenAsync(project, default);
        var read = await ReadAsync();
        read.Take(_acked.Count).SequenceEqual(_acked).Should().BeTrue("what was acknowledged is there, in order");
        var more = read.Skip(_acked.Count).ToArray();
        (more.Length == 0 || _unknown.Exists(batch => more.SequenceEqual(batch.Take(more.Length)))).Should().BeTrue("nothing is there that was not written");
        head.Seq.Should().Be(read.Count);
        if (_acked.Count > 0 && _epoch is not null)
            head.Epoch.Should().Be(_epoch);
        _epoch = head.Epoch;
        _acked.Clear();
        _acked.AddRange(read);
        _unknown.Clear();
    }

    private async Task<List<string>> ReadAsync()
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await bench.ReadAsync(project: project);
            }
            catch (JournalUnavailableException) when (tries < 3)
            {
                // One call fails in these tests: the next attempt succeeds.
            }
        }
    }
}
