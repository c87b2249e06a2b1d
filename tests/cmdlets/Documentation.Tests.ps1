# docs/cmdlets has a page for every cmdlet, which says what its help says.

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

    It 'says what the help says' {
        $text = $page -replace '\s+', ' '
        $help = Get-Help $command.Name -Full
        $own = @($help.parameters.parameter).Where({ "$($_.description.Text)" })
        $parts = @($help.Synopsis) + $own.description.Text + $help.examples.example.code +
            $help.examples.example.remarks.Text
        foreach ($part in $parts.Where({ $_ })) {
            $text.Contains(($part -replace '\s+', ' ').Trim()) | Should -BeTrue -Because $part
        }
    }

    It 'gives each parameter its type' {
        $common = [Management.Automation.PSCmdlet]::CommonParameters
        foreach ($parameter in $command.Parameters.Values.Where({ $_.Name -notin $common })) {
            $page | Should -Match (
                "(?m)^### -$($parameter.Name)`r?\n(?:(?!### -)[^`n]*\n)*?" +
                "Type: $([regex]::Escape($parameter.ParameterType.FullName))`r?$")
        }
    }

    It 'leaves nothing to be filled in' {
        $page | Should -Not -Match '\{\{'
    }
}
