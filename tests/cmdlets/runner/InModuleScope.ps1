# Code among the private parts of a module. Parameters are variables there, and arguments too.

function InModuleScope {
    param(
        [Parameter(Mandatory, Position = 0)] [string] $ModuleName,
        [Parameter(Mandatory, Position = 1)] [scriptblock] $ScriptBlock,
        [hashtable] $Parameters = @{},
        [object[]] $ArgumentList = @()
    )

    $modules = @(Get-Module $ModuleName -All | Where-Object ModuleType -in 'Script', 'Manifest')
    if ($modules.Count -ne 1) {
        throw "InModuleScope: $($modules.Count) script modules named '$ModuleName' are loaded."
    }

    & $modules[0] {
        param($Module, $Code, $Named, $Listed)

        foreach ($entry in $Named.GetEnumerator()) {
            $Module.SessionState.PSVariable.Set($entry.Key, $entry.Value)
        }

        & $Module $Code @Listed @Named
    } $modules[0] $ScriptBlock $Parameters $ArgumentList
}
