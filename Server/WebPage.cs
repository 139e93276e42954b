using Microsoft.Extensions.FileProviders;

namespace EventOnly.Server;

/// <summary>Serves the page: static files, and headers that let it speak to this server's socket and do nothing else.</summary>
internal sealed class WebPage
{
    /// <summary>Beside the program it can be changed without a build; the published single file has its own inside.</summary>
    private readonly string _folder = Path.Combine(AppContext.BaseDirectory, "Web");

    public void Serve(WebApplication application)
    {
        IFileProvider files = Directory.Exists(_folder) ? new PhysicalFileProvider(_folder) : new EmbeddedFiles("Web/");
        application.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        application.UseStaticFiles(new StaticFileOptions { FileProvider = files, OnPrepareResponse = sent => AddHeaders(sent.Context) });
        application.Run(context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return context.Response.WriteAsync("Nothing is here. The page is at /, the socket at /ws.\n");
        });
    }

    private static void AddHeaders(HttpContext context)
    {
        var headers = context.Response.Headers;
        var host = context.Request.Host.Value;
        // 'self' would allow fetch as well: only the socket is named, so that even a careless script of ours could do no AJAX.
        headers.ContentSecurityPolicy =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            + $"connect-src ws://{host} wss://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.CacheControl = "no-cache"; // asked again each time, answered 304: a new version shows at once
    }
}
