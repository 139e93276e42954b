using System.Reflection;

namespace EventOnly.Tests.House;

/// <summary>A line of BannedSymbols.txt: a documentation id. The analyzer passes over an id that it cannot resolve without a word.</summary>
internal static class BannedSymbol
{
    public static bool Exists(string id)
    {
        var (kind, rest) = (id[0], id[2..]);
        var parameters = rest.IndexOf('(') is >= 0 and var open ? rest[(open + 1)..^1].Split(',') : [];
        var name = rest.Split('(')[0];
        if (kind == 'T')
            return Find(name) is not null;

        var (typeName, memberName) = (name[..name.LastIndexOf('.')], name[(name.LastIndexOf('.') + 1)..]);
        var members = Find(typeName)?.GetMember(memberName, BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static) ?? [];
        return kind switch
        {
            'P' => members.OfType<PropertyInfo>().Any(),
            'M' => members.OfType<MethodInfo>().Any(method => method.GetParameters().Select(parameter => parameter.ParameterType.FullName).SequenceEqual(parameters)),
            _ => false,
        };
    }

    private static Type? Find(string name) =>
        Directory.GetFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "System*.dll")
            .Select(file => Assembly.Load(new AssemblyName(Path.GetFileNameWithoutExtension(file))).GetType(name))
            .FirstOrDefault(type => type is not null);
}
