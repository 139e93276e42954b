namespace EventOnly.Server.Projects;

/// <summary>
/// One pass over those who have something to take. Each writes from its own position to the head by itself: nothing is computed or copied
/// here for a member, and one whose write does not complete is left behind until it does, not waited for. A large project is passed over in
/// shards, one for each core; the loop takes the first one and does not wait for the others.
/// </summary>
/// <param name="cores">Shards at most.</param>
internal sealed class FanOut(int cores)
{
    /// <summary>Members of a shard at least: to wake another core is worth about twenty writes.</summary>
    public const int ShardMembersMin = 128;

    private Shard[] _shards = [];

    public void Pass(Project project)
    {
        if (project.TapesMoved)
        {
            project.TapesMoved = false;
            PassOver(project.Members.All);
        }
        foreach (var member in project.Touched) // a member that left meanwhile may still have its last answer
            member.Wake();
        project.Touched.Clear();
    }

    private void PassOver(Member[] members)
    {
        var shards = Math.Clamp(members.Length / ShardMembersMin, 1, cores);
        while (_shards.Length < shards - 1)
            _shards = [.. _shards, new()];
        var size = (members.Length + shards - 1) / shards;
        for (var i = 1; i < shards; i++)
        {
            var part = new ArraySegment<Member>(members, i * size, Math.Min(size, members.Length - (i * size)));
            if (!_shards[i - 1].TryStart(part))
                Wake(part); // else those who read as fast as can be could fall off the tape behind a shard that gets no core
        }
        Wake(new(members, 0, Math.Min(size, members.Length)));
    }

    private static void Wake(ArraySegment<Member> members)
    {
        foreach (var member in members.AsSpan())
            member.Wake();
    }

    /// <summary>A part of the members that another core passes over.</summary>
    private sealed class Shard : IThreadPoolWorkItem
    {
        private ArraySegment<Member> _members;
        private int _isBusy;

        /// <summary>False where it has not come to the end of its last part yet.</summary>
        public bool TryStart(ArraySegment<Member> members)
        {
            if (Interlocked.CompareExchange(ref _isBusy, 1, 0) != 0)
                return false;
            _members = members;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return true;
        }

        void IThreadPoolWorkItem.Execute()
        {
            Wake(_members);
            _members = default; // those who leave are not to be held
            Volatile.Write(ref _isBusy, 0);
        }
    }
}
