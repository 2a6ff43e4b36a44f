using Ecodrix.Engine.Kernel;
using Microsoft.AspNetCore.Components;

namespace Ecodrix.App.Pages;

/// <summary>Refusals that ask the person to do something elsewhere first.</summary>
internal static class SignedOut
{
    /// <summary>Leads to sign-in, or to setting up a second factor, where a refusal asks for that. They come back to this page afterwards.</summary>
    /// <returns>Whether it did; any other refusal is for the page to tell.</returns>
    public static bool LeadOn(this NavigationManager navigation, RefusedException refused)
    {
        switch (refused.Code)
        {
            case "SIGNED_OUT":
                navigation.ToSignIn();
                return true;
            case "TWO_FACTOR_REQUIRED":
                navigation.NavigateTo(AppPaths.SecondFactor);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Leads to sign-in, and back to this page afterwards.</summary>
    public static void ToSignIn(this NavigationManager navigation) =>
        navigation.NavigateTo($"/signin?returnUrl={Uri.EscapeDataString("/" + navigation.ToBaseRelativePath(navigation.Uri))}", forceLoad: true);
}
