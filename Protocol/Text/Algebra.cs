namespace EventOnly.Protocol.Text;

/// <summary>What deltas do with each other: two cursors walk over both and tell a builder what comes out, which makes it normal.</summary>
internal static class Algebra
{
    public static Delta Compose(Delta first, Delta second)
    {
        var output = DeltaBuilder.OfThisThread.Clear();
        var a = new DeltaCursor(first.Parts);
        var b = new DeltaCursor(second.Parts);
        while (!a.IsAtEnd || !b.IsAtEnd)
        {
            if (b.Kind == DeltaKind.Insert)
                b.InsertInto(output, b.Rest);
            else if (a.Kind == DeltaKind.Delete)
                output.Delete(a.Skip(a.Rest));
            else
                ComposeStep(output, ref a, ref b);
        }
        return output.Build();
    }

    /// <summary>The first keeps or puts in what the second keeps or takes away.</summary>
    private static void ComposeStep(DeltaBuilder output, ref DeltaCursor a, ref DeltaCursor b)
    {
        var length = Math.Min(a.Rest, b.Rest);
        var isInserted = a.Kind == DeltaKind.Insert;
        if (b.Kind == DeltaKind.Delete)
        {
            if (!isInserted)
                output.Delete(length);
            a.Skip(length);
        }
        else if (isInserted)
        {
            a.InsertInto(output, length);
        }
        else
        {
            output.Retain(a.Skip(length));
        }
        b.Skip(length);
    }

    public static Delta Transform(Delta delta, Delta other, Side side)
    {
        var output = DeltaBuilder.OfThisThread.Clear();
        var x = new DeltaCursor(delta.Parts);
        var y = new DeltaCursor(other.Parts);
        while (!x.IsAtEnd) // what would come after it is only retained
        {
            if (x.Kind == DeltaKind.Insert && (side == Side.Left || y.Kind != DeltaKind.Insert))
            {
                x.InsertInto(output, x.Rest);
            }
            else if (y.Kind == DeltaKind.Insert)
            {
                output.Retain(y.Skip(y.Rest));
            }
            else
            {
                var length = Math.Min(x.Rest, y.Rest);
                if (y.Kind == DeltaKind.Retain && x.Kind == DeltaKind.Delete)
                    output.Delete(length);
                else if (y.Kind == DeltaKind.Retain)
                    output.Retain(length);
                x.Skip(length);
                y.Skip(length);
            }
        }
        return output.Build();
    }

    public static Delta Invert(Delta delta, TextBuffer before)
    {
        var output = DeltaBuilder.OfThisThread.Clear();
        var at = 0;
        foreach (ref readonly var part in delta.Parts)
        {
            switch (part.Kind)
            {
                case DeltaKind.Retain:
                    output.Retain(part.Length);
                    at += part.Length;
                    break;
                case DeltaKind.Insert:
                    output.Delete(part.Length);
                    break;
                default:
                    output.Insert(before.Slice(at, part.Length));
                    at += part.Length;
                    break;
            }
        }
        return output.Build();
    }
}
