using EventOnly.Tests.Bench;

namespace EventOnly.Tests.Measuring;

/// <summary>What an event may cost, by counts that are the same on every machine.</summary>
public sealed class IngestTests
{
    private const int Batch = 128;

    [TestCase(100, 620)]
    [TestCase(10_000, 660)]
    public void Reading_and_deciding_an_update_allocates_no_more_than_it_did(int entities, int bytesMax)
    {
        var ingest = new IngestCase(entities, Batch);
        Play(ingest);

        var allocated = 0L;
        for (var turn = 0; turn < 20; turn++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            ingest.Decode();
            ingest.Decide();
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            ingest.Commit();
        }

        (allocated / (20.0 * Batch)).Should().BeLessThan(bytesMax);
    }

    [Test]
    public void An_event_is_encoded_once_and_committing_it_costs_the_same_for_two_members_and_for_a_thousand()
    {
        var costs = ((int[])[1, 1000]).Select(others =>
        {
            var ingest = new IngestCase(100, Batch, others);
            for (var turn = 0; turn < 400; turn++) // past the growing of the tape's chunks
                Play(ingest);
            var (position, before) = (ingest.Project.Tape.Head, 0L);
            for (var turn = 0; turn < 50; turn++)
            {
                ingest.Decode();
                ingest.Decide();
                var start = GC.GetAllocatedBytesForCurrentThread();
                ingest.Commit();
                before += GC.GetAllocatedBytesForCurrentThread() - start;
            }
            return (Allocated: before, Published: ingest.Project.Tape.Head - position);
        }).ToArray();

        costs[1].Published.Should().Be(costs[0].Published, "the tape has each event once, whatever the members");
        costs[1].Allocated.Should().BeCloseTo(costs[0].Allocated, 150_000, "but for where a chunk of the tape happens to begin");
    }

    private static void Play(IngestCase ingest)
    {
        ingest.Decode();
        ingest.Decide();
        ingest.Commit();
    }
}
