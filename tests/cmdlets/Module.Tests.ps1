# The module as a whole: its manifest, what it exports, its help, and that the help's examples run.

BeforeDiscovery {
    . $PSScriptRoot/support/Support.ps1
    $null = Import-TestedModule
    $script:commands = foreach ($name in (Get-Module PortReporter).ExportedFunctions.Keys) {
        @{ Command = $name }
    }
    $script:examples = foreach ($command in $commands) {
        foreach ($example in (Get-Help $command.Command -Full).examples.example) {
            @{ Code = $example.code }
        }
    }
    Remove-Module PortReporter
}

BeforeAll {
    . $PSScriptRoot/support/Support.ps1
    $script:module = Import-TestedModule -Fake
}

AfterAll {
    Remove-Module PortReporter
}

Describe 'The manifest' {
    It 'is one' {
        (Test-ModuleManifest $manifest).Version | Should -Be $module.Version
    }

    It 'refuses Windows PowerShell, and PowerShell before 7.4' {
        $module.PowerShellVersion | Should -Be '7.4'
        $module.CompatiblePSEditions | Should -Be 'Core'
    }

    It 'exports what stands in cmdlets, and nothing else' {
        $folder = [IO.Path]::Combine($module.ModuleBase, 'cmdlets')
        $files = [IO.Directory]::GetFiles($folder, '*.ps1')
        @($module.ExportedCommands.Keys) | Should -HaveCount $files.Count
        foreach ($file in $files) {
            $name = [IO.Path]::GetFileNameWithoutExtension($file)
            $module.ExportedCommands.Keys | Should -Contain $name
        }
        $module.ExportedVariables.Count | Should -Be 0
        $module.ExportedAliases.Count | Should -Be 0
    }

    It 'lets the module be imported again and again' {
        foreach ($time in 1..3) {
            Import-Module $manifest -Force
            Get-PortSnapshot -LocalPort 1 -ErrorAction Stop | Should -BeNullOrEmpty
        }
        $null = Import-TestedModule -Fake
    }

    It 'lets the module be imported in 0.2 s, give or take a busy machine' {
        # The quickest one, since other programs may hold this machine up.
        $best = [long]::MaxValue
        for ($time = 0; $time -lt 20 -and $best -ge 400; $time++) {
            Remove-Module PortReporter
            $watch = [Diagnostics.Stopwatch]::StartNew()
            Import-Module $manifest -Scope Global
            $best = [Math]::Min($best, $watch.ElapsedMilliseconds)
        }
        $best | Should -BeLessThan 1000
        $null = Import-TestedModule -Fake
    }
}

Describe 'The help of <Command>' -ForEach $commands {
    BeforeAll {
        $script:help = Get-Help $Command -Full
    }

    It 'says what it does, takes and gives' {
        $help.Synopsis | Should -Match '\w+ \w+.*\.$'
        $help.description.Text | Should -Not -BeNullOrEmpty
        $help.inputTypes.inputType.type.name | Should -Not -BeNullOrEmpty
        $help.returnValues.returnValue.type.name | Should -Not -BeNullOrEmpty
    }

    It 'has three examples or more, each with a word about it' {
        @($help.examples.example).Count | Should -BeGreaterOrEqual 3
        foreach ($example in $help.examples.example) {
            "$($example.remarks.Text)".Trim() | Should -Not -BeNullOrEmpty -Because $example.code
        }
    }

    It 'describes every parameter' {
        # The engine's own have no word in the help: -WhatIf and -Confirm.
        $engine = [Management.Automation.Cmdlet]::OptionalCommonParameters
        foreach ($parameter in @($help.parameters.parameter).Where({ $_.name -notin $engine })) {
            $text = "$($parameter.description.Text)"
            $text | Should -Not -BeNullOrEmpty -Because "-$($parameter.name)"
        }
        $common = [Management.Automation.Cmdlet]::CommonParameters
        $own = (Get-Command $Command).Parameters.Keys.Where({ $_ -notin $common })
        @($help.parameters.parameter.name) | Should -HaveCount @($own).Count
    }
}

Describe 'The example' {
    BeforeAll {
        # Some write files.
        $script:before = $ExecutionContext.SessionState.Path.CurrentLocation
        $null = $ExecutionContext.SessionState.Path.SetLocation($TestDrive)
        # Some ask first, and one looks who owns the clone (tests/systemd tests both for real).
        $script:confirm = $ConfirmPreference
        $global:ConfirmPreference = 'None'
        . (Get-Module PortReporter) { function script:Assert-TrustedFile { } }
    }

    AfterAll {
        $null = $ExecutionContext.SessionState.Path.SetLocation($before)
        $global:ConfirmPreference = $confirm
    }

    It '<Code> runs' -ForEach $examples {
        $block = [scriptblock]::Create($Code)
        $command = [Management.Automation.Language.CommandAst]
        $calls = $block.Ast.FindAll({ $args[0] -is $command }, $true)
        $missing = $calls.GetCommandName().Where({ -not (Get-Command $_ -ErrorAction Ignore) })
        if ($missing) {
            Set-ItResult -Skipped -Because "there is no $missing here"
        }
        $null = & $block -ErrorAction Stop
    }
}
