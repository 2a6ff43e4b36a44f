namespace Ecodrix.App.Pages.Layout;

/// <summary>Lets a page have the frame around it read anew, when it has changed what the frame tells all pages: one for each circuit.</summary>
internal sealed class FrameRefreshing
{
    /// <summary>The frame shall be read anew.</summary>
    public event Func<Task>? Wanted;

    /// <summary>Has it read anew.</summary>
    public Task AskAsync() => Wanted?.Invoke() ?? Task.CompletedTask;
}
