# docs/cmdlets has a page for every cmdlet, with each of its parameters.

BeforeDiscovery {
    . $PSScriptRoot/support/Support.ps1
    $null = Import-TestedModule
    $script:names = [string[]] (Get-Module PortReporter).ExportedFunctions.Keys
    Remove-Module PortReporter
}

BeforeAll {
    . $PSScriptRoot/support/Support.ps1
    $null = Import-TestedModule
}

AfterAll {
    Remove-Module PortReporter
}

Describe 'The page of <_>' -ForEach $names {
    BeforeAll {
        $script:command = Get-Command $_ -Module PortReporter
        $script:file = [IO.Path]::Combine($PSScriptRoot, '..', '..', 'docs', 'cmdlets', "$_.md")
        $script:page = [IO.File]::Exists($file) ? [IO.File]::ReadAllText($file) : ''
    }

    It 'is there' {
        $page | Should -Not -BeNullOrEmpty
    }

    It 'has every parameter' {
        $common = [Management.Automation.PSCmdlet]::CommonParameters
        foreach ($parameter in $command.Parameters.Keys.Where({ $_ -notin $common })) {
            $page | Should -Match "(?m)^### -$parameter`r?$"
        }
    }

    It 'leaves nothing to be filled in' {
        $page | Should -Not -Match '\{\{'
    }
}
