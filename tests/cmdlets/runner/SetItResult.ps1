# What a test may say of itself while it runs.

function Set-ItResult {
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute(
        'PSUseShouldProcessForStateChangingFunctions', '', Justification = 'Pester''s name.')]
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute(
        'PSReviewUnusedParameter', 'Skipped', Justification = 'It is the only result to set.')]
    param([Parameter(Mandatory)] [switch] $Skipped, [string] $Because)

    throw [Management.Automation.ErrorRecord]::new(
        [OperationCanceledException]::new($Because), 'PesterTestSkipped', 'OperationStopped', $null)
}
