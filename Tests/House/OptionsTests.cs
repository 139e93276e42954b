using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Xml.Linq;
using EventOnly.Server;
using EventOnly.Server.Connections;
using EventOnly.Server.Diagnostics;
using EventOnly.Server.Journals;
using EventOnly.Server.Projects;
using EventOnly.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace EventOnly.Tests.House;

[Parallelizable]
public sealed class OptionsTests
{
    private static readonly Type[] s_options = [typeof(EventOnlyOptions), typeof(ConnectionOptions), typeof(ProjectOptions), typeof(JournalOptions), typeof(TelemetryOptions)];

    private static IEnumerable<TestCaseData> Settings => s_options.SelectMany(type => type.GetProperties())
        .Select(property => new TestCaseData(property).SetArgDisplayNames($"{property.DeclaringType!.Name}.{property.Name}"));

    [TestCaseSource(nameof(Settings))]
    public void A_setting_is_bounded(PropertyInfo setting)
    {
        var type = setting.PropertyType;
        if (s_options.Contains(type))
            setting.GetCustomAttribute<ValidateObjectMembersAttribute>().Should().NotBeNull();
        else if (type == typeof(string))
            setting.GetCustomAttribute<RequiredAttribute>().Should().NotBeNull();
        else if (type.IsValueType && type != typeof(bool) && !type.IsEnum)
            setting.GetCustomAttribute<System.ComponentModel.DataAnnotations.RangeAttribute>().Should().NotBeNull();
    }

    [TestCaseSource(nameof(Settings))]
    public void A_setting_tells_its_effect(PropertyInfo setting)
    {
        if (s_options.Contains(setting.PropertyType))
            return; // it tells for itself
        var summaries = XDocument.Load(Path.Combine(AppContext.BaseDirectory, "EventOnly.Server.xml")).Descendants("member")
            .ToDictionary(member => member.Attribute("name")!.Value, member => member.Element("summary")?.Value.Trim());

        summaries.GetValueOrDefault($"P:{setting.DeclaringType!.FullName}.{setting.Name}").Should().NotBeNullOrEmpty();
    }

    [Test]
    public void What_no_setting_is_called_is_refused_in_every_section([ValueSource(nameof(Sections))] string section)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new($"{section}:Nonsense", "1")]).Build();

        FluentActions.Invoking(() => EventOnly.Server.Settings.Read(configuration)).Should().Throw<WrongSettingException>().WithMessage($"{section}:Nonsense is not a setting.");
    }

    private static IEnumerable<string> Sections =>
        [EventOnlyOptions.Section, .. typeof(EventOnlyOptions).GetProperties().Where(part => s_options.Contains(part.PropertyType)).Select(part => $"{EventOnlyOptions.Section}:{part.Name}")];

    [Test]
    public void What_is_set_without_being_told_is_in_bounds() =>
        new EventOnlyOptionsValidator().Validate(null, new()).Failures.Should().BeNullOrEmpty();

    [Test]
    public void Every_setting_is_documented()
    {
        var text = File.ReadAllText(Repository.PathOf("docs", "settings.md"));

        s_options.SelectMany(type => type.GetProperties()).Where(setting => !s_options.Contains(setting.PropertyType))
            .Select(setting => $"`{setting.Name}`").Where(name => !text.Contains(name, StringComparison.Ordinal)).Should().BeEmpty();
    }
}
